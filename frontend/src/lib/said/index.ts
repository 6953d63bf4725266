export { isMoney, spoken, told, type Sentence, type Told } from './said';
